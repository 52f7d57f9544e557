"use strict";
/* The API's description in Swagger UI, and the tenant's login: authorization code with PKCE, as a public client.

   Tokens are kept in this page's memory only. */

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
    request.credentials = "omit"; // calls from this page must not use a login to the other pages
    if (request.url.startsWith(`${page.tokenEndpoint}?`)) {
      request.url = page.tokenEndpoint; // Swagger UI repeats the login's parameters; the code implies them
    }
    if (request.url === page.tokenEndpoint) {
      delete request.headers["X-Requested-With"]; // the tenant does not need it, and it would cause a CORS preflight
    }
    return request;
  },
});

if (page.clientId) {
  ui.initOAuth({
    clientId: page.clientId,
    scopes: page.scopes,
    usePkceWithAuthorizationCodeGrant: true,
    // RFC 8707 and Auth0's name for the same: without it, the token would not be for this API.
    additionalQueryStringParams: { audience: page.audience, resource: page.audience },
  });
}

/* The answer comes from the window in which the user logged in. It does not use `window.opener`, as Swagger UI's own
   page does, because Cross-Origin-Opener-Policy cuts that as soon as the tenant's page is shown. A channel reaches only
   pages of this origin. Swagger UI's `state` can be guessed; PKCE protects against a foreign code (RFC 9700 §2.1.1),
   because the tenant redeems a code only with the verifier that this page made for it. */
const channel = new BroadcastChannel("oauth2-redirect");
channel.addEventListener("message", ({ data: answer }) => {
  const login = window.swaggerUIRedirectOauth2;
  if (!login || !answer.state || answer.state !== login.state) {
    return;
  }
  delete window.swaggerUIRedirectOauth2;
  const fail = (message) => login.errCb({ authId: login.auth.name, source: "auth", level: "error", message });
  if (answer.iss && answer.iss !== page.issuer) {
    fail("The answer did not come from this API's issuer."); // RFC 9207 §2.4
  } else if (answer.code) {
    login.auth.code = answer.code;
    login.callback({ auth: login.auth, redirectUrl: login.redirectUrl });
  } else {
    fail([answer.error, answer.error_description].filter(Boolean).join(": ") || "The tenant sent no code.");
  }
  channel.postMessage({ taken: answer.state });
});
