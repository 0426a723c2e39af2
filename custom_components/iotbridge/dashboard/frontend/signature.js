// What the dashboard is built from.

let last = {};

/** Return names, areas and icons of what is ours as one text. */
export const signature = ({ entities, devices, areas }) => {
  if (last.entities === entities && last.devices === devices && last.areas === areas) return last.text;
  const parts = [];
  const ours = new Set();
  for (const [id, entity] of Object.entries(entities)) {
    if (entity.platform !== "iotbridge" && entity.platform !== "mqtt") continue;
    ours.add(entity.device_id);
    parts.push(id, entity.name, entity.area_id, entity.device_id, entity.hidden, entity.icon, entity.entity_category);
  }
  for (const id of ours) {
    const device = devices[id];
    if (device) parts.push(id, device.name_by_user ?? device.name, device.area_id, device.model, device.sw_version);
  }
  for (const [id, area] of Object.entries(areas)) parts.push(id, area.name, area.icon);
  last = { entities, devices, areas, text: parts.join("\u0000") };
  return last.text;
};
