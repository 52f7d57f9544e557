// The TypeScript SDK's client with its own OAuth code: node typescript_client.mjs URL ERA
//
// Where a browser would open, it prints {"authorize": address} and reads from its input where the browser came back
// to. At the end it prints {"result": …}: what it saw on its way.

import { createInterface } from "node:readline/promises";
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";

const [url, era] = process.argv.slice(2);
const MODES = { modern: { pin: "2026-07-28" }, legacy: "legacy" };
const browser = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const print = (message) => console.log(JSON.stringify(message));

class Wallet {
  redirectUrl = "http://localhost:33418/callback"; // nobody listens there: the browser is played
  clientMetadata = {
    client_name: "TypeScript client",
    redirect_uris: [this.redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  logins = [];

  state = () => (this.expectedState = crypto.randomUUID());
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.saved;
  saveTokens = (tokens) => void (this.saved = tokens);
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  redirectToAuthorization = (address) => {
    this.logins.push(address.searchParams.get("scope"));
    print({ authorize: address.href });
  };

  async cameBack() {
    const { value } = await browser.next();
    const parameters = new URL(value).searchParams;
    if (parameters.get("state") !== this.expectedState) throw new Error("the state is not the one that was sent");
    return parameters;
  }
}

const wallet = new Wallet();

/** Do `work`; where it asks for a login, finish that and do it once more. */
async function loggedIn(transport, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    await transport().finishAuth(await wallet.cameBack());
    return work();
  }
}

let transport;
let client;
await loggedIn(() => transport, () => {
  transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: wallet }); // one serves a single start
  client = new Client({ name: "typescript", version: "1" }, { versionNegotiation: { mode: MODES[era] } });
  return client.connect(transport);
});
const { tools } = await client.listTools();
const call = (name, args = {}) => loggedIn(() => transport, () => client.callTool({ name, arguments: args }));
const greeting = await call("greet");
const note = await call("add_note", { title: "From TypeScript" });
print({
  result: {
    protocol: client.getNegotiatedProtocolVersion(),
    tools: tools.map((tool) => tool.name),
    greeting: greeting.structuredContent,
    note: note.structuredContent,
    client_id: wallet.client.client_id,
    logins: wallet.logins,
  },
});
await client.close();
process.exit(0);
