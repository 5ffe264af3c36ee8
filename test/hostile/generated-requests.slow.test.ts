/** @file Ten thousand generated requests, which take a minute. */
import { testGeneratedRequests } from "./generated-requests.js";

testGeneratedRequests({ requests: 10_000, maxGrowthMebibytes: 50 });
