"""What nats-py alone reaches: a subscriber that parses what it hears. `python … URL` until SIGTERM."""

import asyncio
import json
import signal
import sys

import nats
import orjson
import uvloop
from nats.aio.msg import Msg


async def listen(url: str) -> None:
    heard, ended = 0, asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)

    async def hear(message: Msg) -> None:
        nonlocal heard
        heard += 1
        orjson.loads(message.data)

    client = await nats.connect(url)
    await client.subscribe("hal.v1.>", cb=hear)
    await client.flush()
    print("listening", flush=True)
    await ended.wait()
    print(json.dumps({"heard": heard}), flush=True)
    await client.close()


if __name__ == "__main__":
    uvloop.run(listen(sys.argv[1]))
