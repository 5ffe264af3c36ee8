/** @file Two hundred generated requests; test/hostile/generated-requests.slow.test.ts sends ten thousand. */
import { testGeneratedRequests } from "./generated-requests.js";

testGeneratedRequests({ requests: 200, maxGrowthMebibytes: 200 });
