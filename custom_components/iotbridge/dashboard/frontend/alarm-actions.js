// Acknowledging, snoozing and maintenance from rows and details: menus, progress, undo, failures.
import * as alarms from "./alarms.js";
import { navigate } from "./dom.js";
import { until, weekday } from "./formats.js";
import { openForm, openMenu } from "./menu.js";
import { t } from "./texts.js";

export const UNDO_MS = 8000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MORNING_HOUR = 7;
const MONDAY = 1;

const morning = (days) => {
  const at = new Date(Date.now() + days * DAY_MS);
  at.setHours(MORNING_HOUR, 0, 0, 0);
  return at;
};

const daysToMonday = () => (MONDAY + 7 - new Date().getDay()) % 7 || 7;

const times = (hass) => {
  const monday = daysToMonday();
  return [
    { label: t(hass, "time.minutes_15"), at: new Date(Date.now() + 15 * MINUTE_MS) },
    { label: t(hass, "time.hour_1"), at: new Date(Date.now() + HOUR_MS) },
    { label: t(hass, "time.hours_4"), at: new Date(Date.now() + 4 * HOUR_MS) },
    { label: t(hass, "time.tomorrow"), at: morning(1) },
    monday > 1 ? { label: t(hass, "time.until_day", { day: weekday(hass, morning(monday)) }), at: morning(monday) } : null,
  ].filter(Boolean);
};

const localValue = (at) => new Date(at.getTime() - at.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);

/** Actions of the alarms of a card or a dialog; `host` has `hass` and `changed()`. */
export class AlarmActions {
  #statuses = new Map();

  constructor(host) {
    this.host = host;
  }

  /** Return what is going on with an alarm: `{phase: "busy" | "done" | "failed", text, undo, again}` or undefined. */
  status({ id, state, episode }) {
    const status = this.#statuses.get(id);
    const isPast = status?.phase === "failed" && (status.row.state !== state || status.row.episode !== episode);
    return status?.ends > Date.now() && !isPast ? status : undefined;
  }

  async #run(row, perform, { text, undo } = {}) {
    const set = (status, lasting = Infinity) => {
      this.#statuses.set(row.id, { ...status, row, ends: Date.now() + lasting });
      this.host.changed();
    };
    set({ phase: "busy" });
    try {
      await perform();
    } catch (error) {
      set({ phase: "failed", text: error?.message ?? "", again: () => this.#run(row, perform, { text, undo }) });
      return;
    }
    if (!undo) {
      this.#statuses.delete(row.id);
      this.host.changed();
      return;
    }
    set({ phase: "done", text, undo: () => this.#run(row, undo) }, UNDO_MS);
    setTimeout(() => this.host.changed(), UNDO_MS + 50);
  }

  acknowledge(row, comment) {
    const { hass } = this.host;
    return this.#run(row, () => alarms.acknowledge(hass, row, comment), {
      text: t(hass, "action.acknowledged"),
      undo: row.active && (() => alarms.unacknowledge(this.host.hass, row)),
    });
  }

  unacknowledge(row) {
    return this.#run(row, () => alarms.unacknowledge(this.host.hass, row));
  }

  snooze(row, at, comment) {
    const { hass } = this.host;
    return this.#run(row, () => alarms.snooze(hass, row, at, comment), {
      text: t(hass, "alarm.snoozed_until", { until: until(hass, at) }),
      undo: () => alarms.unsnooze(this.host.hass, row),
    });
  }

  unsnooze(row) {
    return this.#run(row, () => alarms.unsnooze(this.host.hass, row));
  }

  showInAlerts(row) {
    const { hass } = this.host;
    return this.#run(row, () => alarms.showInAlerts(hass, row, true), {
      text: t(hass, "action.shown_in_alerts"),
      undo: () => alarms.showInAlerts(this.host.hass, row, false),
    });
  }

  startMaintenance(row, at) {
    return this.#run(row, () => alarms.startMaintenance(this.host.hass, row, at));
  }

  endMaintenance(window) {
    return this.#run(window, () => alarms.endMaintenance(this.host.hass, window));
  }

  /** Start maintenance for a target; Home Assistant itself shows a refusal. */
  openStartMenu(anchor, target) {
    const { hass } = this.host;
    const items = times(hass).slice(1).map(({ label, at }) => ({
      label,
      detail: until(hass, at),
      run: () => hass.callService("iotbridge", "maintenance_start", { until: at.toISOString() }, target),
    }));
    openMenu(anchor, items, { title: t(hass, "maintenance.start"), text: t(hass, "maintenance.start_text") });
  }

  openSnoozeMenu(anchor, row) {
    const { hass } = this.host;
    const items = times(hass).map(({ label, at }) => ({
      label,
      detail: until(hass, at),
      run: () => this.snooze(row, at),
    }));
    const other = { label: t(hass, "time.other"), icon: "calendar-clock", run: () => this.#askUntil(anchor, row) };
    openMenu(anchor, [...items, other], { title: t(hass, "action.snooze"), text: t(hass, "action.snooze_text") });
  }

  #askUntil(anchor, row) {
    const { hass } = this.host;
    openForm(hass, anchor, {
      title: t(hass, "action.snooze"),
      text: t(hass, "action.snooze_text"),
      confirm: t(hass, "action.snooze"),
      icon: "alarm-snooze",
      fields: [
        { name: "until", label: t(hass, "time.until"), type: "datetime-local", required: true,
          value: localValue(morning(1)), min: localValue(new Date(Date.now() + MINUTE_MS)) },
        { name: "comment", label: t(hass, "action.comment"), type: "textarea" },
      ],
      run: ({ until: at, comment }) => this.snooze(row, new Date(at), comment),
    });
  }

  askComment(anchor, row) {
    const { hass } = this.host;
    openForm(hass, anchor, {
      title: t(hass, "action.acknowledge"),
      text: t(hass, "action.comment_text"),
      confirm: t(hass, "action.acknowledge"),
      icon: "check",
      fields: [{ name: "comment", label: t(hass, "action.comment"), type: "textarea" }],
      run: ({ comment }) => this.acknowledge(row, comment),
    });
  }

  openMoreMenu(anchor, row, { details, name }) {
    const { hass } = this.host;
    const at = { hour: new Date(Date.now() + HOUR_MS), tomorrow: morning(1) };
    const canAcknowledge = row.can_control && alarms.isWaiting(row);
    openMenu(
      anchor,
      [
        details && { label: t(hass, "action.details"), icon: "chart-line", run: details },
        canAcknowledge && { label: t(hass, "action.with_comment"), icon: "comment-check-outline", run: () => this.askComment(anchor, row) },
        row.can_control && row.state === "acknowledged" && { label: t(hass, "action.take_back"), icon: "undo", run: () => this.unacknowledge(row) },
        row.can_control && !canAcknowledge && row.state === "acknowledged" && { label: t(hass, "action.snooze_menu"), icon: "alarm-snooze", run: () => this.openSnoozeMenu(anchor, row) },
        row.can_control && row.state === "snoozed" && { label: t(hass, "action.take_back_snooze"), icon: "undo", run: () => this.unsnooze(row) },
        row.can_control && { label: t(hass, "action.maintenance_hour"), detail: until(hass, at.hour), icon: "wrench-clock", run: () => this.startMaintenance(row, at.hour) },
        row.can_control && { label: t(hass, "action.maintenance_tomorrow"), detail: until(hass, at.tomorrow), icon: "wrench-clock", run: () => this.startMaintenance(row, at.tomorrow) },
        row.device_id && { label: t(hass, "action.device"), icon: "devices", run: () => navigate(`/config/devices/device/${row.device_id}`) },
        hass.user?.is_admin && row.rule_entity_id && { label: t(hass, "action.show_in_alerts"), icon: "shield-alert", run: () => this.showInAlerts(row) },
        hass.user?.is_admin && { label: t(hass, "action.change_rule"), icon: "cog", run: () => navigate("/config/integrations/integration/iotbridge") },
      ],
      { label: t(hass, "action.more", { name }) },
    );
  }
}
