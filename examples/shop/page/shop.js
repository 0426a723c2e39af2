// Page of the shop: shows the stock of each product and publishes a new one when a button is pressed.

import { MqttClient } from "./mqtt.js";

const PRODUCTS = { lamp: "Lamp", chair: "Chair", teapot: "Teapot" };
const FIRST_STOCK = 20;
const TOPIC = /^shop\/([^/]+)\/stock$/;
const REFUSED_LOGIN = new Set([0x86, 0x87]);

const state = document.querySelector("#state");
const form = document.querySelector("#login");
const rows = new Map();
const newest = new Map();
const stocks = new Map(Object.keys(PRODUCTS).map((product) => [product, FIRST_STOCK]));
const page = `shop-page-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
let client;
let number = 0;

function button(product, change, label) {
  const element = document.createElement("button");
  element.textContent = label;
  element.ariaLabel = `${PRODUCTS[product]}: stock ${label}`;
  element.disabled = true;
  element.addEventListener("click", () => set(product, Math.max(0, stocks.get(product) + change)));
  return element;
}

for (const [product, title] of Object.entries(PRODUCTS)) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  const output = document.createElement("output");
  name.textContent = title;
  output.textContent = stocks.get(product);
  row.append(name, button(product, -1, "−1"), output, button(product, 1, "+1"));
  document.querySelector("#products").append(row);
  rows.set(product, output);
}

/** Shows a stock and publishes it. It is the stock itself, not its change: received twice, it is still right. */
function set(product, stock) {
  show(product, stock);
  newest.set(product, ++number);
  client.publish(`shop/${product}/stock`, JSON.stringify({ product, stock, page, number }), {
    retain: true, // a page that is opened later begins with it
    contentType: "application/json",
    userProperties: { source: "shop-page" },
  });
}

function show(product, stock) {
  stocks.set(product, stock);
  rows.get(product).textContent = stock;
}

function onMessage(topic, payload) {
  const product = TOPIC.exec(topic)?.[1];
  if (!rows.has(product)) return;
  try {
    const message = JSON.parse(payload);
    // While the button is pressed quickly, older messages of this page still come back.
    const isOlder = message.page === page && message.number !== newest.get(product);
    if (Number.isInteger(message.stock) && !isOlder) show(product, message.stock);
  } catch {
    // A message of another program that is no JSON.
  }
}

function onState(isConnected, refusal) {
  for (const element of document.querySelectorAll("#products button")) element.disabled = !isConnected;
  form.hidden = isConnected;
  if (isConnected) state.textContent = "Connected.";
  else if (refusal === undefined) state.textContent = "Not connected; trying again.";
  else if (REFUSED_LOGIN.has(refusal)) state.textContent = "The broker refuses this user or password.";
  else state.textContent = `The broker refuses the connection: reason ${refusal}.`;
}

function onWaiting(count) {
  state.textContent = count ? `Waiting for the broker to acknowledge ${count}.` : "Connected. All is acknowledged.";
}

function connect({ broker, user, password }) {
  client?.close();
  client = new MqttClient({
    url: broker, user, password, clientId: page, filters: ["shop/+/stock"], onState, onMessage, onWaiting,
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  connect(Object.fromEntries(new FormData(form)));
});

// scripts/demo fills in the form: what follows # stays in the browser.
const settings = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
for (const [name, value] of Object.entries(settings)) if (form.elements[name]) form.elements[name].value = value;
if (settings.broker && settings.user && settings.password) connect(settings);
