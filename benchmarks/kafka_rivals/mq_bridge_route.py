"""Rival of scripts/bench kafka: mq-bridge, a route of its core in Rust."""

import sys
import time

from mq_bridge import Route

port, bootstrap, topic = sys.argv[1], sys.argv[2], sys.argv[3]
route = Route.from_config(
    {
        "routes": {
            "bench": {
                "input": {
                    "mqtt": {
                        "url": f"mqtt://127.0.0.1:{port}", "topic": "bench/#", "client_id": "bench", "qos": 1,
                        "clean_session": False, "protocol": "v5", "session_expiry_interval": 86400,
                    }
                },
                "output": {"kafka": {"url": bootstrap, "topic": topic, "create_topic": False}},
                "batch_size": 500,
            }
        }
    },
    "bench",
)  # fmt: skip
route.start()
while True:
    time.sleep(3600)
