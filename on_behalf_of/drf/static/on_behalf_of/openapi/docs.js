"use strict";
/* The API's description in Swagger UI, and the tenant's login: authorization code with PKCE, as a public client.

   Tokens are kept in this page's memory alone, and end with it. */

const page = document.getElementById("swagger-ui").dataset;

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

if (location.origin !== new URL(page.baseUrl).origin) {
  document.getElementById("elsewhere").hidden = false;
}

const ui = SwaggerUIBundle({
  url: page.url,
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  oauth2RedirectUrl: page.redirectUrl,
  requestInterceptor: (request) => {
    request.credentials = "omit"; // a session at these pages is not what is tried here
    if (request.url.startsWith(`${page.tokenEndpoint}?`)) {
      request.url = page.tokenEndpoint; // Swagger UI repeats there what the login asked for; the code holds it already
    }
    if (request.url === page.tokenEndpoint) {
      delete request.headers["X-Requested-With"]; // it tells the tenant nothing, and has browsers ask first
    }
    return request;
  },
});

if (page.clientId) {
  ui.initOAuth({
    clientId: page.clientId,
    scopes: page.scopes,
    usePkceWithAuthorizationCodeGrant: true,
    // RFC 8707, and what Auth0 calls the same: without it, the token would be for no API.
    additionalQueryStringParams: { audience: page.audience, resource: page.audience },
  });
}

/* The answer comes from the window in which the user logged in. Not through `window.opener`, which Swagger UI's own
   page relies on: Cross-Origin-Opener-Policy cuts that as soon as the tenant's page is shown. A channel reaches pages
   of this origin only. Swagger UI's `state` can be guessed; against a foreign code stands PKCE (RFC 9700 §2.1.1), for
   the tenant redeems a code only with the verifier that this page made for it. */
const channel = new BroadcastChannel("oauth2-redirect");
channel.addEventListener("message", ({ data: answer }) => {
  const login = window.swaggerUIRedirectOauth2;
  if (!login || !answer.state || answer.state !== login.state) {
    return;
  }
  delete window.swaggerUIRedirectOauth2;
  const fail = (message) => login.errCb({ authId: login.auth.name, source: "auth", level: "error", message });
  if (answer.iss && answer.iss !== page.issuer) {
    fail("The answer came from another issuer than this API's."); // RFC 9207 §2.4
  } else if (answer.code) {
    login.auth.code = answer.code;
    login.callback({ auth: login.auth, redirectUrl: login.redirectUrl });
  } else {
    fail([answer.error, answer.error_description].filter(Boolean).join(": ") || "The tenant sent no code.");
  }
  channel.postMessage({ taken: answer.state });
});
