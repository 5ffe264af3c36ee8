/**
 * @file Imported before ONNX Runtime, for its effect alone: from 1.29 on, its published libraries send usage data to
 * Microsoft and keep an identifier of the machine under the home folder, unless this variable is set when they start.
 * What the operator has put into it stays.
 */
process.env.ORT_DISABLE_TELEMETRY ??= "1";
