"use strict";
/* Hands the tenant's answer to the page that asked for it (docs.js), and closes this window. */

const answer = Object.fromEntries(new URLSearchParams(location.search));
history.replaceState(null, "", location.pathname); // keep the code out of the address bar and the history
const channel = new BroadcastChannel("oauth2-redirect");
channel.addEventListener("message", ({ data }) => {
  if (data.taken === answer.state) {
    document.getElementById("taken").hidden = false;
    document.getElementById("waiting").hidden = true;
    window.close();
  }
});
channel.postMessage(answer);
