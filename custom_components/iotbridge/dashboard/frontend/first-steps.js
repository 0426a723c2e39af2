// The empty forms of both tables: the first steps of a new installation.
import { h, icon, setText } from "./dom.js";
import { GUIDES } from "./guides.js";
import { t } from "./texts.js";

const AGENT = "sudo pipx install --global ./agent\nsudo iotbridge-agent setup";
const INTEGRATION = "/config/integrations/integration/iotbridge";

const step = (hass, name, digit, ...children) => {
  const title = h("div", { class: "k" }, h("i", { "aria-hidden": "true" }, digit), t(hass, `first.${name}.title`));
  return h("div", { class: "void" }, title, h("p", null, t(hass, `first.${name}.text`)), children);
};

const wait = (name, text) => [h("span", { class: "sp" }), h("div", { class: "wait" }, icon(name), text)];

/** Return the first step: bring a host. */
export const emptyHosts = (hass) => {
  const code = h("code", { tabindex: "0" }, AGENT);
  const label = h("span", null, t(hass, "first.copy"));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(AGENT);
      setText(label, t(hass, "first.copied"));
    } catch {
      getSelection().selectAllChildren(code); // without HTTPS a page may not write to the clipboard
    }
  };
  const buttons = h(
    "div",
    { class: "row" },
    h("button", { class: "btn main", onclick: copy }, icon("content-copy"), label),
    h("a", { class: "btn", href: `${GUIDES}/hosts.md`, target: "_blank", rel: "noreferrer" }, t(hass, "first.other_ways")),
  );
  return step(hass, "host", "1", code, buttons, wait("progress-clock", t(hass, "first.host.wait")));
};

/** Return the second step: learn a thing. */
export const emptyThings = (hass) => {
  const add = h("a", { class: "btn main", href: INTEGRATION }, icon("plus"), t(hass, "first.thing.add"));
  const way = hass.user?.is_admin ? h("div", { class: "row" }, add) : h("p", { class: "dim" }, t(hass, "first.ask_admin"));
  return step(hass, "thing", "2", way, wait("information", t(hass, "first.thing.wait")));
};
