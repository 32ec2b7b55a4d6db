"""Many robots at once, in one process of its own: `python bus_publisher.py URL DEVICES PER_SECOND SECONDS`.

Each says when it spoke, so that whoever stores it can be asked how late it is. At the end it prints what was last.
"""

import asyncio
import json
import sys
import time

import nats
import uvloop

MOTOR = (
    '{"hal_major":1,"hal_minor":0,"schema":"tafylabs/hal/motor/differential-telemetry/1.0","device_id":"%s","ts":120400,'
    '"payload":{"actual_linear_meters_per_sec":0.5,"actual_angular_rad_per_sec":0,"commanded_linear_meters_per_sec":0.5,'
    '"commanded_angular_rad_per_sec":0,"odometry":{"x_meters":1.2,"y_meters":0,"theta_rad":0},"wheel_velocities":'
    '{"left_meters_per_sec":0.5,"right_meters_per_sec":0.5},"status":"moving","published_at":%.4f}}'
)
RANGE = (
    '{"hal_major":1,"hal_minor":0,"schema":"tafylabs/hal/sensor/range-tof/1.0","device_id":"%s","ts":120500,"payload":'
    '{"sensor_id":"tof-front","range_meters":0.243,"raw_mm":245,"filtered_mm":243,"quality":100,"status":"ok",'
    '"statistics":{"total_readings":9,"valid_readings":9,"timeouts":0,"success_rate":1},"calibration":{"offset":0,'
    '"scale":1},"published_at":%.4f}}'
)
# Of a second; the devices of one slice speak together.
SLICE = 0.01


def subjects(device: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (f"hal.v1.motor.telemetry.{device}", MOTOR), (f"hal.v1.sensor.range.telemetry.{device}", RANGE)


async def publish(url: str, devices: int, per_second: float, seconds: float) -> None:
    client = await nats.connect(url)
    says = [(name, *one) for name in (f"bench-{n}" for n in range(devices)) for one in subjects(name)]
    each = per_second / 2
    due = [place / len(says) / each for place in range(len(says))]
    began, sent, last = time.perf_counter(), 0, {}
    while (now := time.perf_counter() - began) < seconds:
        for place, (name, subject, text) in enumerate(says):
            if due[place] <= now:
                due[place] += 1 / each
                last[name] = at = time.time()
                await client.publish(subject, (text % (name, at)).encode())
                sent += 1
        await asyncio.sleep(SLICE)
    await client.flush()
    spent = time.perf_counter() - began
    await client.close()
    print(json.dumps({"sent": sent, "seconds": spent, "last": last}))


if __name__ == "__main__":
    uvloop.run(publish(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
