/** @file From severities to a verdict. Knows the categories and thresholds; knows no service. */
import type { Settings } from "../config/settings.js";

/** Azure AI Content Safety's names. */
export const HARM_CATEGORIES = ["Hate", "SelfHarm", "Sexual", "Violence"] as const;
export type HarmCategory = (typeof HARM_CATEGORIES)[number];

/** What screening found in one text or image. */
export interface Analysis {
  /** 0 … 7 each. */
  readonly severities: Readonly<Record<HarmCategory, number>>;
  /** A term of one of the operator's blocklists occurs. */
  readonly onBlocklist: boolean;
}

/** Equal to what scoring asks of its port. */
export type Verdict =
  | { readonly kind: "allowed" }
  /** `severity`: the largest of those over their thresholds, and its category; of a blocklist's hit, none. */
  | {
      readonly kind: "blocked";
      readonly category: HarmCategory | "Blocklist";
      readonly severity: number | undefined;
    }
  /** It could not be screened, and the operator lets it pass then. */
  | { readonly kind: "unscreened" };

/** A severity is allowed up to and including its category's threshold. */
export type Thresholds = Readonly<Record<HarmCategory, number>>;

export type ThresholdSettings = Pick<
  Settings,
  | "contentSafetyThreshold"
  | "contentSafetyThresholdHate"
  | "contentSafetyThresholdSelfHarm"
  | "contentSafetyThresholdSexual"
  | "contentSafetyThresholdViolence"
>;

export function thresholdsOf(settings: ThresholdSettings): Thresholds {
  const common = settings.contentSafetyThreshold;
  return {
    Hate: settings.contentSafetyThresholdHate ?? common,
    SelfHarm: settings.contentSafetyThresholdSelfHarm ?? common,
    Sexual: settings.contentSafetyThresholdSexual ?? common,
    Violence: settings.contentSafetyThresholdViolence ?? common,
  };
}

/** A severity over its threshold is told before a blocklist's hit: it says more. */
export function judge(analysis: Analysis, thresholds: Thresholds): Verdict {
  const over = HARM_CATEGORIES.map((category) => ({ category, severity: analysis.severities[category] }))
    .filter(({ category, severity }) => severity > thresholds[category])
    .toSorted((a, b) => b.severity - a.severity);
  const [worst] = over;
  if (worst !== undefined) return { kind: "blocked", ...worst };
  return analysis.onBlocklist
    ? { kind: "blocked", category: "Blocklist", severity: undefined }
    : { kind: "allowed" };
}

/** What is found in any of the parts is found in the whole. Throws RangeError for no parts. */
export function joinAnalyses(parts: readonly Analysis[]): Analysis {
  if (parts.length === 0) throw new RangeError("an analysis of nothing says nothing");
  const worst = (category: HarmCategory) => Math.max(...parts.map((part) => part.severities[category]));
  return {
    severities: {
      Hate: worst("Hate"),
      SelfHarm: worst("SelfHarm"),
      Sexual: worst("Sexual"),
      Violence: worst("Violence"),
    },
    onBlocklist: parts.some((part) => part.onBlocklist),
  };
}
