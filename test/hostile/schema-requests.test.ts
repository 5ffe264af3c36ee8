/** @file Some of the requests that derive from the schema; test/hostile/schema-requests.slow.test.ts sends all of them. */
import { testSchemaRequests } from "./schema-requests.js";

testSchemaRequests(40);
