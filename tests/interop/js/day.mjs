// A trading day of a client: its steps one after another, one JSON line for each, and what steps need.

const PATIENCE_MS = 20_000;
export const [URL_HTTP, URL_CONTROL] = process.argv.slice(2);
export const URL_WS = `${URL_HTTP.replace("http", "ws")}/ws`;

/** Run the steps, in their order; a step that fails does not end the day. */
export async function live(steps) {
  for (const [name, step] of Object.entries(steps)) {
    const started = performance.now();
    let error = null;
    try {
      await step();
    } catch (thrown) {
      error = thrown?.stack ?? String(thrown);
      if (thrown?.cause) error += `\ncause: ${thrown.cause.stack ?? JSON.stringify(thrown.cause)}`;
    }
    const took_s = (performance.now() - started) / 1000;
    process.stdout.write(`${JSON.stringify({ step: name, error, took_s })}\n`);
  }
}

/** Wait until a claim holds; returns its value. */
export async function until(claim, what) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await claim();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A control call; `body` makes it a POST. */
export async function control(path, body) {
  const options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`${URL_CONTROL}/${path}`, body === undefined ? {} : options);
  const result = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(result)}`);
  return result;
}

/** End every connection, without a close frame or with one, and wait until new ones hold the same subscriptions. */
export async function cut(how) {
  const keys = (connections) => JSON.stringify(connections.flatMap((each) => each.subscriptions).sort());
  const before = await control("connections");
  const ids = new Set(before.map((each) => each.id));
  for (const id of ids) await control(`connections/${id}/${how}`, {});
  await until(async () => {
    const now = await control("connections");
    return now.every((each) => !ids.has(each.id)) && keys(now) === keys(before);
  }, "the client's subscriptions on a new connection");
}
