/**
 * @file Every global that a torch checkpoint may name, and what it means to us: an element type, a way to say
 * "tensor", or nothing. A name that is not here is refused. Knows names only; none of them is ever imported or called.
 * Reference: torch/_weights_only_unpickler.py for what torch itself writes; for what training adds, the checkpoints
 * of Stable Diffusion 1 and 2 (PyTorch Lightning 1.4, protocol 2) and those saved from notebooks since.
 */
import type { StoredType } from "../weights.js";

/** Typed storages, in the persistent id of a storage. */
export const STORAGE_TYPES: ReadonlyMap<string, StoredType> = new Map([
  ["torch.DoubleStorage", "F64"],
  ["torch.FloatStorage", "F32"],
  ["torch.HalfStorage", "F16"],
  ["torch.BFloat16Storage", "BF16"],
  ["torch.LongStorage", "I64"],
  ["torch.IntStorage", "I32"],
  ["torch.ShortStorage", "I16"],
  ["torch.CharStorage", "I8"],
  ["torch.ByteStorage", "U8"],
  ["torch.BoolStorage", "BOOL"],
]);

/** `(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata?)` */
export const REBUILD_TENSOR_V2 = "torch._utils._rebuild_tensor_v2";
/** As v2 with the element type after backward_hooks: of the types that have no storage of their own, as 8-bit floats. */
export const REBUILD_TENSOR_V3 = "torch._utils._rebuild_tensor_v3";
/** `(tensor, requires_grad, backward_hooks[, state])` */
export const REBUILD_PARAMETERS: ReadonlySet<string> = new Set([
  "torch._utils._rebuild_parameter",
  "torch._utils._rebuild_parameter_with_state",
]);
/** `(function, type, its arguments, state)`: a tensor with attributes. */
export const REBUILD_FROM_TYPE = "torch._tensor._rebuild_from_type_v2";

export const ORDERED_DICT = "collections.OrderedDict";

/** What stands beside the tensors: carried along by name, never looked into. */
const INERT: ReadonlySet<string> = new Set([
  ORDERED_DICT,
  "collections.defaultdict",
  "collections.Counter",
  ...["set", "frozenset", "bytearray", "complex", "slice", "range", "dict", "list", "object"].flatMap(
    (name) => [`builtins.${name}`, `__builtin__.${name}`],
  ),
  "_codecs.encode",
  "copyreg._reconstructor",
  "copy_reg._reconstructor",
  "argparse.Namespace",
  "datetime.timedelta",
  "pathlib.PosixPath",
  "typing.Any",
  // The value that a checkpoint was kept for (best_model_score), and losses.
  ...["numpy.core.multiarray", "numpy._core.multiarray"].flatMap((module) => [
    `${module}.scalar`,
    `${module}._reconstruct`,
  ]),
  "numpy.dtype",
  "numpy.ndarray",
  "numpy.dtypes.Float32DType",
  "numpy.dtypes.Float64DType",
  "numpy.dtypes.Int64DType",
  "torch.Size",
  "torch.device",
  "torch.Tensor",
  "torch.nn.parameter.Parameter",
  "torch.storage.TypedStorage",
  "torch.storage.UntypedStorage",
  "torch.serialization._get_layout",
]);

/** Packages whose classes a trainer leaves behind: callbacks and their states, hyper-parameters. */
const INERT_PACKAGES = ["pytorch_lightning", "lightning", "lightning_fabric", "omegaconf"];

const KNOWN: ReadonlySet<string> = new Set([
  ...INERT,
  REBUILD_TENSOR_V2,
  REBUILD_TENSOR_V3,
  ...REBUILD_PARAMETERS,
  REBUILD_FROM_TYPE,
  ...STORAGE_TYPES.keys(),
]);

/** An element type, as hyper-parameters and tensors without a typed storage name it. */
const ELEMENT_TYPE = /^torch\.(b?float|u?int|bool|complex)[0-9a-z_]*$/;

/** A module path and a name of plain words, so that no package's prefix covers something reached through it. */
const PLAIN_NAME = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/;

/** Whether a checkpoint may name `name`, "module.name". */
export const isKnownGlobal = (name: string): boolean =>
  KNOWN.has(name) ||
  ELEMENT_TYPE.test(name) ||
  (PLAIN_NAME.test(name) && INERT_PACKAGES.some((start) => name.startsWith(`${start}.`)));
