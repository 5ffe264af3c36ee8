/** @file Connections that mean harm, thousands of them. */
import { testHostileConnections } from "./hostile-connections.js";

testHostileConnections({ rounds: 50 });
