// Open alarms of the home, and their order.

import { openMoreInfo } from "./dom.js";
import { follow } from "./stores.js";
import { languageOf } from "./texts.js";

const LIMIT = 500;
const subscriptions = new WeakMap();

/**
 * Follow the open alarms: call `callback(state)` now and after each change; return a function that ends it. The phase
 * is loading, live, lost or failed. Callers with one target share one subscription.
 */
export const followAlarms = (hass, callback, target = {}) => {
  const pool = subscriptions.get(hass.connection) ?? new Map();
  subscriptions.set(hass.connection, pool);
  const key = JSON.stringify([target, languageOf(hass)]);
  if (!pool.has(key)) pool.set(key, new Subscription(hass, target));
  const subscription = pool.get(key);
  subscription.callbacks.add(callback);
  callback(subscription.state);
  return () => {
    if (subscription.callbacks.delete(callback) && !subscription.callbacks.size) {
      subscription.end();
      pool.delete(key);
    }
  };
};

class Subscription {
  callbacks = new Set();
  state = { phase: "loading", rows: new Map(), total: 0, maintenance: [], at: null };

  constructor(hass, target) {
    const { connection } = hass;
    const lost = () => this.#change({ phase: "lost", at: this.state.at ?? Date.now() });
    connection.addEventListener("disconnected", lost);
    const message = { type: "iotbridge/alarms/open", target, limit: LIMIT, language: languageOf(hass) };
    const stop = follow(connection, message, (event, isFirst) => this.#receive(event, isFirst), ({ code, message: error }) =>
      this.#change({ phase: "failed", error: code === "unknown_command" ? null : error }));
    this.end = () => {
      connection.removeEventListener("disconnected", lost);
      stop();
    };
  }

  /** Replace all rows by the first event of a connection; merge all others. */
  #receive({ alarms = [], removed = [], total, maintenance }, isFirst) {
    const rows = new Map(isFirst ? [] : this.state.rows);
    for (const id of removed) rows.delete(id);
    for (const row of alarms) rows.set(row.id, row);
    this.#change({ phase: "live", rows, total: total ?? rows.size, maintenance: maintenance ?? this.state.maintenance, at: null });
  }

  #change(values) {
    this.state = { ...this.state, ...values };
    for (const callback of this.callbacks) callback(this.state);
  }
}

export const SEVERITIES = ["info", "warning", "critical"];
export const SEVERITY_ICONS = { critical: "alert-octagon", warning: "alert", info: "information" };
export const SEVERITY_CLASSES = { critical: "crit", warning: "warn", info: "info" };
export const QUIET_ICONS = { snoozed: "alarm-snooze", suppressed: "subdirectory-arrow-right", out_of_service: "bell-off" };
const STATES = ["unacknowledged", "returned_unacknowledged", "acknowledged", "snoozed", "suppressed", "out_of_service", "normal"];

export const severityOf = ({ severity }) => SEVERITIES.indexOf(severity);
export const isQuiet = ({ state }) => state in QUIET_ICONS;

const byUrgency = (a, b) =>
  STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
  severityOf(b) - severityOf(a) ||
  `${b.raised_at}`.localeCompare(`${a.raised_at}`) ||
  a.id.localeCompare(b.id);

const SORT_MS = 10_000;

/** Order of a list in which nothing jumps. */
export class StableOrder {
  #ids = [];
  #sortedAt = 0;

  has(id) {
    return this.#ids.includes(id);
  }

  /**
   * Sort by urgency, unless the list is in use or was sorted a moment ago; a new critical alarm comes on top at any
   * time, another new one at the end.
   */
  sort(rows, isInUse) {
    const known = new Map(this.#ids.map((id, index) => [id, index]));
    const isSame = rows.length === known.size && rows.every((row) => known.has(row.id));
    const sorted = rows.toSorted(byUrgency);
    if (known.size && (isInUse || (isSame && Date.now() - this.#sortedAt < SORT_MS))) {
      const place = (row) => known.get(row.id) ?? (isCritical(row) ? -1 : known.size);
      sorted.sort((a, b) => place(a) - place(b));
    } else {
      this.#sortedAt = Date.now();
    }
    this.#ids = sorted.map((row) => row.id);
    return sorted;
  }
}

const isCritical = (row) => row.severity === "critical" && row.state === "unacknowledged";

export const isWaiting = (row) => row.state === "unacknowledged" || row.state === "returned_unacknowledged";
export const isSilent = (row) => row.kind === "no_data" && row.severity !== "critical";

const opened = new Map();

/** Open the dialog of an episode's rule, which shows what happened then. */
export const openEpisode = (element, episode) => {
  opened.set(episode.rule_entity_id, episode);
  openMoreInfo(element, episode.rule_entity_id);
};

export const openAlarm = (element, { rule_entity_id, rule_id, entity_id }) => openEpisode(element, { rule_entity_id, rule_id, entity_id });

/** Return the alarm or the episode that was opened, once; undefined where the rule was. */
export const takeOpened = (ruleEntityId) => {
  const shown = opened.get(ruleEntityId);
  opened.delete(ruleEntityId);
  return shown;
};

/** Return the alarm that the link of a notification names. */
export const linkedAlarm = () => new URLSearchParams(location.search).get("alarm");
