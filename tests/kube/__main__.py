import os, sys
from pathlib import Path
from tests.kube.build import build_server, find_go, needed_go
cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "order-relay" / "kube"
print(build_server(find_go(cache, lambda l: print(l, flush=True), needed_go())))
