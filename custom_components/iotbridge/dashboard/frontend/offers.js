// Cards in the card picker, with names in the language of the user.
import { loadTexts, t } from "./texts.js";

export const page = () => document.querySelector("home-assistant")?.hass;

// The names are read when someone opens the card picker, long after this.
const waiting = setInterval(() => {
  if (!page()?.locale) return;
  clearInterval(waiting);
  loadTexts(page());
}, 250);

/** Offer something in a picker, with its name and description in the language of the user, by their keys. */
const offer = (list, item, name, description) => {
  window[list] ??= [];
  if (window[list].some((known) => known.type === item.type)) return;
  const texts = { name: { get: () => t(page(), name) }, description: { get: () => t(page(), description) } };
  window[list].push(Object.defineProperties(item, { name: { ...texts.name, enumerable: true }, description: { ...texts.description, enumerable: true } }));
};

/** Offer a card in the card picker. */
export const offerCard = (type, key, more) => offer("customCards", { type, preview: true, ...more }, `card.${key}.name`, `card.${key}.description`);

/** Offer a strategy in the dialogs that add a dashboard or a section. */
export const offerStrategy = (type, strategyType, documentationURL, name, description) =>
  offer("customStrategies", { type, strategyType, documentationURL }, name, description);
