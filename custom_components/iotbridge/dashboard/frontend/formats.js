// Numbers, times and ages in the format that the user chose in Home Assistant.
import { t } from "./texts.js";

const NUMBER_LOCALES = {
  comma_decimal: ["en-US"],
  decimal_comma: ["de", "es", "it"],
  space_comma: ["fr", "sv", "cs"],
  quote_decimal: ["de-CH"],
};
const MINUTE_S = 60;
export const HOUR_S = 3600;
const DAY_S = 86400;
export const HOUR_MS = 1000 * HOUR_S;
export const DAY_MS = 1000 * DAY_S;
const formatters = new Map();

const formatter = (kind, locales, options) => {
  const key = JSON.stringify([kind.name, locales, options]);
  if (!formatters.has(key)) formatters.set(key, new kind(locales, options));
  return formatters.get(key);
};

const numberLocales = ({ language, number_format: format }) => {
  if (format === "system") return undefined;
  return NUMBER_LOCALES[format] ?? [language];
};

export const number = (hass, value, digits = null) =>
  formatter(Intl.NumberFormat, numberLocales(hass.locale), {
    useGrouping: hass.locale.number_format !== "none",
    ...(digits === null ? { maximumFractionDigits: 2 } : { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  }).format(value);

/** Return names as a list: "and" of type conjunction, "or" of type disjunction. */
export const listOf = (hass, names, type = "conjunction") => new Intl.ListFormat(hass.locale.language, { type }).format([...new Set(names)]);

export const measure = (hass, value, unit, digits = null) => {
  const text = number(hass, value, digits);
  if (!unit) return text;
  return unit === "%" && hass.locale.language.startsWith("en") ? `${text}%` : `${text} ${unit}`;
};

const dateFormat = (hass, options) => {
  const { language, time_format: format, time_zone: zone } = hass.locale;
  const hour12 = { 12: true, 24: false }[format];
  return formatter(Intl.DateTimeFormat, format === "system" ? undefined : [language], {
    ...options,
    ...(hour12 === undefined || !options.hour ? {} : { hourCycle: hour12 ? "h12" : "h23" }),
    timeZone: zone === "server" ? hass.config.time_zone : undefined,
  });
};

export const clock = (hass, date, seconds = {}) => {
  const { hourCycle } = dateFormat(hass, { hour: "numeric" }).resolvedOptions();
  const hour = hourCycle === "h12" || hourCycle === "h11" ? "numeric" : "2-digit";
  return dateFormat(hass, { hour, minute: "2-digit", ...seconds }).format(new Date(date));
};

export const day = (hass, date) => dateFormat(hass, { day: "numeric", month: "long" }).format(new Date(date));

export const weekday = (hass, date) => dateFormat(hass, { weekday: "long" }).format(new Date(date));

const dayNumber = (hass, date) =>
  dateFormat(hass, { year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(date));

export const isToday = (hass, date) => dayNumber(hass, date) === dayNumber(hass, Date.now());

export const moment = (hass, date) =>
  isToday(hass, date) ? clock(hass, date) : t(hass, "format.day_time", { day: day(hass, date), time: clock(hass, date) });

/** 22:42, tomorrow 07:00, Tuesday 07:00 or a date */
export const until = (hass, date) => {
  const at = new Date(date).getTime();
  if (isToday(hass, at)) return clock(hass, at);
  const values = { time: clock(hass, at) };
  if (dayNumber(hass, at) === dayNumber(hass, Date.now() + DAY_MS)) return t(hass, "format.tomorrow", values);
  if (at - Date.now() < 6 * DAY_MS) return t(hass, "format.day_time", { ...values, day: weekday(hass, at) });
  return moment(hass, at);
};

/** 12 s, 14 min, 3 h, 2 days */
export const age = (hass, seconds) => {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE_S) return `${s} s`;
  if (s < HOUR_S) return `${Math.floor(s / MINUTE_S)} min`;
  if (s < DAY_S) return `${Math.floor(s / HOUR_S)} h`;
  return t(hass, "format.days", { count: Math.floor(s / DAY_S) });
};

/** 3 h 20 min */
export const duration = (hass, seconds) => {
  const s = Math.max(0, Math.floor(seconds));
  const [unit, rest] = s >= DAY_S ? [DAY_S, HOUR_S] : s >= HOUR_S ? [HOUR_S, MINUTE_S] : [1, 1];
  const remainder = Math.floor((s % unit) / rest) * rest;
  return unit > 1 && remainder ? `${age(hass, s)} ${age(hass, remainder)}` : age(hass, s);
};

/** 8:52, 1:08:52 */
export const countdown = (seconds) => {
  const s = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(s / HOUR_S), Math.floor((s % HOUR_S) / MINUTE_S)];
  const two = (count) => `${count}`.padStart(2, "0");
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(s % MINUTE_S)}`;
};

export const secondsSince = (date) => (Date.now() - new Date(date).getTime()) / 1000;
