// A tenant that shares nothing with this project: panva's oidc-provider, with its own pages, keys and tokens.
// What it lacks is added here: the grant of RFC 8693, and what users and clients may do at the two APIs.
//
//   node tenant.mjs '{"issuer": "http://localhost:PORT", "bridge": "its identifier", "api": "its identifier",
//                     "client": {"id": "the bridge's", "secret": "..."}, "redirectUri": "the MCP client's"}'
//
// It prints one line once it listens, and ends when its standard input does.

import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { createLocalJWKSet, jwtVerify } from "jose";
import Provider, { errors } from "oidc-provider";

const { issuer, bridge, api, client: bridgeClient, redirectUri } = JSON.parse(process.argv[2]);

const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

// The scopes of each resource (RFC 8707), and what of the API's its users may have; nobody else may log in.
const SCOPES = {
  [bridge]: "tool:whoami tool:greet tool:notes",
  [api]: "read:private write:private",
};
const USERS = { ada: ["read:private", "write:private"], bob: ["write:private"] };

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
const published = createLocalJWKSet({ keys: [{ kty: key.kty, n: key.n, e: key.e, kid: key.kid }] });

function resourceServer(identifier) {
  if (!SCOPES[identifier]) throw new errors.InvalidTarget();
  return {
    audience: identifier,
    scope: SCOPES[identifier],
    accessTokenFormat: "jwt", // RFC 9068
    accessTokenTTL: 300,
    jwt: { sign: { alg: "RS256" } },
  };
}

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  cookies: { keys: [randomBytes(32).toString("hex")] },
  scopes: ["openid", "offline_access", ...Object.values(SCOPES).flatMap((scope) => scope.split(" "))],
  clients: [
    {
      client_id: bridgeClient.id,
      client_secret: bridgeClient.secret,
      token_endpoint_auth_method: "client_secret_post",
      grant_types: [GRANT],
      response_types: [],
      redirect_uris: [],
    },
    // Clients that register themselves are held to the scopes with which they did; this one may ask for any.
    { client_id: "mcp-client", token_endpoint_auth_method: "none", redirect_uris: [redirectUri] },
  ],
  findAccount: (_ctx, id) => (USERS[id] ? { accountId: id, claims: () => ({ sub: id }) } : undefined),
  extraTokenClaims: (ctx) => ctx.state.exchange && { act: ctx.state.exchange.act },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: true },
    registration: { enabled: true }, // RFC 7591
    resourceIndicators: { enabled: true, getResourceServerInfo: (_ctx, identifier) => resourceServer(identifier) },
  },
});

async function verifiedSubject(token) {
  try {
    // Only a token for the bridge: its client exchanges what was meant for it, and nothing else.
    return (await jwtVerify(token, published, { issuer, audience: bridge, typ: "at+jwt" })).payload;
  } catch {
    throw new errors.InvalidGrant("the subject token is not valid");
  }
}

async function exchange(ctx) {
  const { params, client } = ctx.oidc;
  for (const name of ["subject_token", "subject_token_type", "resource"]) {
    if (!params[name]) throw new errors.InvalidRequest(`missing required parameter(s) (${name})`);
  }
  if (params.subject_token_type !== ACCESS_TOKEN) {
    throw new errors.InvalidRequest("only access tokens are exchanged");
  }
  if (params.resource !== api) throw new errors.InvalidTarget();
  const subject = await verifiedSubject(params.subject_token);
  const asked = params.scope ? params.scope.split(" ") : SCOPES[api].split(" ");
  // Delegation (RFC 8693 §4.1): the bridge acts now, and whoever presented the subject token did before.
  const act = { sub: client.clientId, act: { sub: subject.client_id, ...(subject.act && { act: subject.act }) } };
  ctx.state.exchange = { act };
  const token = new provider.AccessToken({
    client,
    accountId: subject.sub,
    gty: GRANT,
    scope: asked.filter((scope) => USERS[subject.sub].includes(scope)).join(" ") || undefined,
  });
  token.resourceServer = new provider.ResourceServer(api, resourceServer(api));
  ctx.body = {
    access_token: await token.save(),
    issued_token_type: ACCESS_TOKEN,
    token_type: "Bearer",
    expires_in: token.expiration,
    scope: token.scope,
  };
}

// `audience`, which some servers take in place of `resource`, is not among the parameters: this one passes it over.
provider.registerGrantType(GRANT, exchange, [
  "subject_token",
  "subject_token_type",
  "requested_token_type",
  "resource",
  "scope",
]);

provider.on("server_error", (_ctx, error) => console.error(error));

const { port } = new URL(issuer);
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
process.stdin.resume().on("end", () => process.exit(0));
