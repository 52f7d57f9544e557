// A program on the TypeScript SDK: node client.mjs LINE ADDRESS FILE
//
// LINE is `1` for @modelcontextprotocol/sdk and `2` for @modelcontextprotocol/client; their classes have the same names.
// Prints one JSON object: the tools, and the answers of greet and add_note.

import { Wallet } from "../programs/wallet.mjs";

const [line, address, file] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport, UnauthorizedError } =
  line === "2"
    ? await import("@modelcontextprotocol/client")
    : Object.assign(
        {},
        await import("@modelcontextprotocol/sdk/client/index.js"),
        await import("@modelcontextprotocol/sdk/client/streamableHttp.js"),
        await import("@modelcontextprotocol/sdk/client/auth.js"),
      );
const wallet = await Wallet.open(file);

let transport;
let client;

/** Do `work`; where it asks for a login, finish that and do it once more. */
async function loggedIn(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    const answer = await wallet.answer();
    await transport.finishAuth(line === "2" ? answer : answer.get("code"));
    return work();
  }
}

await loggedIn(() => {
  transport = new StreamableHTTPClientTransport(new URL(address), { authProvider: wallet }); // one serves one start
  client = new Client({ name: "program", version: "1" });
  return client.connect(transport);
});
const { tools } = await client.listTools();
const greeting = await loggedIn(() => client.callTool({ name: "greet", arguments: {} }));
const note = await loggedIn(() =>
  client.callTool({ name: "add_note", arguments: { title: "From a program" } }),
);
console.log(JSON.stringify({ tools: tools.map((tool) => tool.name), greeting, note }));
await client.close();
process.exit(0);
