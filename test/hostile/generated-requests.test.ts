/** @file Several hundred generated requests; test/hostile/generated-requests.slow.test.ts sends ten thousand. */
import { testGeneratedRequests } from "./generated-requests.js";

testGeneratedRequests({ requests: 500, maxGrowthMebibytes: 200 });
