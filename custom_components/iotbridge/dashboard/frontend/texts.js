// Texts in the language of the user; a language that is missing is English.
export const GUIDES = "https://github.com/owner.invalid/iot-bridge/blob/main/docs";
const LANGUAGES = ["en", "it", "fr"];
const loaded = new Map();
const loading = new Map();

export const languageOf = (hass) => {
  const language = (hass?.locale?.language ?? hass?.language ?? "en").split("-")[0];
  return LANGUAGES.includes(language) ? language : "en";
};

const fetchTexts = async (language) => {
  const response = await fetch(new URL(`./texts/${language}.json`, import.meta.url));
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  loaded.set(language, await response.json());
};

export const loadTexts = (hass) => {
  const language = languageOf(hass);
  if (!loading.has(language)) {
    const request = fetchTexts(language);
    loading.set(language, request);
    request.catch(() => loading.delete(language)); // the next element tries again
  }
  return loading.get(language);
};

/** Return a text with its values; one with several forms is chosen by `count`. */
export const t = (hass, key, values = {}) => {
  const language = languageOf(hass);
  let text = loaded.get(language)?.[key] ?? key;
  if (typeof text !== "string") {
    text = text[new Intl.PluralRules(language).select(values.count)] ?? text.other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
};

/** Return a text as parts, to put elements in the place of placeholders. */
export const parts = (hass, key, values = {}) =>
  t(hass, key)
    .split(/\{(\w+)\}/)
    .map((part, index) => (index % 2 ? (values[part] ?? "") : part));
