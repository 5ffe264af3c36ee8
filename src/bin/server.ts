/**
 * @file The server's entry: hears SIGTERM and SIGINT from its first moment, settings in, exit code out. Knows no part of
 * the server: loading those takes longer than an orchestrator may wait. Exits 0 after a signal, 1 with one line on stderr
 * when it cannot serve.
 */

/** As process 1 of a container nothing else would end it: a signal that nobody listens for is lost there. */
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  // A second one changes nothing: Ctrl-C under npm arrives twice, from the terminal and from npm.
  process.on(signal, () => stop.abort(signal));
}

const [{ readSettings }, { serve }, { exitWithReason }] = await Promise.all([
  import("../config/settings.js"),
  import("./serve.js"),
  import("./exit-with-reason.js"),
]);
try {
  await serve(readSettings(process.env), stop.signal);
} catch (error) {
  exitWithReason(error);
}
