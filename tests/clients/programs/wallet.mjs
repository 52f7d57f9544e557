// What a program adds to an SDK's own OAuth code: a browser, a callback on loopback, and a file for what is to be kept.

import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

export class Wallet {
  #file;
  #kept;
  #answers = [];
  #waiting = [];

  constructor(file, port) {
    this.#file = file;
    this.#kept = existsSync(file) ? JSON.parse(readFileSync(file)) : {};
    this.redirectUrl = `http://localhost:${port}/callback`;
    this.clientMetadata = {
      client_name: "A program on Node",
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  /** A wallet with its callback server; a client that is registered keeps its port. */
  static async open(file) {
    const port = existsSync(file) ? JSON.parse(readFileSync(file)).port : 0;
    const server = createServer((request, response) => {
      const address = new URL(request.url, `http://${request.headers.host}`);
      response.end("You can close this window.");
      if (address.pathname === "/callback") wallet.#cameBack(address.searchParams);
    }).listen(port, "localhost");
    await new Promise((listening) => server.once("listening", listening));
    const wallet = new Wallet(file, server.address().port);
    wallet.#keep({ port: server.address().port });
    return wallet;
  }

  #keep(more) {
    Object.assign(this.#kept, more);
    writeFileSync(this.#file, JSON.stringify(this.#kept), { mode: 0o600 });
  }

  #cameBack(parameters) {
    this.#answers.push(parameters);
    this.#waiting.shift()?.();
  }

  /** The tenant's answer; the SDK compares `iss`, the program `state`. */
  async answer() {
    while (!this.#answers.length) await new Promise((arrived) => this.#waiting.push(arrived));
    const parameters = this.#answers.shift();
    if (parameters.get("state") !== this.expectedState) throw new Error("the state is not the one that was sent");
    return parameters;
  }

  state = () => (this.expectedState = crypto.randomUUID());
  clientInformation = () => this.#kept.client;
  saveClientInformation = (client) => this.#keep({ client });
  tokens = () => this.#kept.tokens;
  saveTokens = (tokens) => this.#keep({ tokens });
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  /** The tenant no longer knows the registration or the tokens: without this, only the user could help. */
  invalidateCredentials = (what) => {
    const gone = { all: ["client", "tokens"], client: ["client"], tokens: ["tokens"] }[what] ?? [];
    this.#keep(Object.fromEntries(gone.map((name) => [name, undefined])));
  };
  redirectToAuthorization = (address) => void execFile(process.env.BROWSER, [address.href]);
}
