// All tools for notes through the TypeScript SDK's client: node note_operations.mjs URL TOKEN CALLS
//
// CALLS is JSON: [[tool, arguments], …]; "$id" in the arguments is the id that the last answer had. Prints the results.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const [url, token, calls] = process.argv.slice(2);
const requestInit = { headers: { Authorization: `Bearer ${token}` } };
const client = new Client({ name: "typescript", version: "1" });
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
await client.listTools(); // it judges answers by the output schemas that are listed
const results = [];
let id = "";
for (const [name, given] of JSON.parse(calls)) {
  const args = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, value === "$id" ? id : value]));
  const { isError, structuredContent, content } = await client.callTool({ name, arguments: args });
  id = structuredContent?.id ?? id;
  results.push(isError ? content[0].text : structuredContent);
}
console.log(JSON.stringify(results));
await client.close();
process.exit(0);
