/** @file Every request that derives from the schema, which takes half a minute. */
import { testSchemaRequests } from "./schema-requests.js";

testSchemaRequests(1);
