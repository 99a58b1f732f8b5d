"""Make the demo engagement in `data/demo`: `python -m templates.demo`."""

from gtmlib.run.engagements import DATA
from templates.demo.synth import make_demo
from templates.demo.synth_exports import write_demo

write_demo(make_demo(), DATA / "demo")
