"""What helm renders is only looked at where helm and the Kubernetes schemas are: in .venv-chart."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("kubernetes_validate") else ["rendered"]
