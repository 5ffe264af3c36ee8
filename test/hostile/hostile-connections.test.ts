/** @file Connections that mean harm; test/hostile/hostile-connections.slow.test.ts goes on for longer. */
import { testHostileConnections } from "./hostile-connections.js";

testHostileConnections({ rounds: 5 });
