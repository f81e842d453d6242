"""What helm does to a cluster is only looked at where helm is: in .venv-chart, by `make kube`."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("yaml") else ["live"]
