// Address of the guides.
export const GUIDES = "https://github.com/owner.invalid/iot-bridge/blob/main/docs";
