"""Pod Security Standards, level `restricted`, as far as a pod of this chart can touch it.

By the table in Kubernetes' documentation; what is not named there is not looked at.
"""

from collections.abc import Iterator

from tests.shipping.chart.rendered.helm import Object

_VOLUMES = {
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"),
    *("persistentVolumeClaim", "projected", "secret"),
}
_PROFILES = {"RuntimeDefault", "Localhost"}


def pods(objects: list[Object]) -> dict[str, Object]:
    """The specification of every pod that the objects make, by kind and name."""
    found = {}
    for one in objects:
        name = f"{one['kind']}/{one['metadata']['name']}"
        if one["kind"] == "Pod":
            found[name] = one["spec"]
        elif one["kind"] in ("Deployment", "Job"):
            found[name] = one["spec"]["template"]["spec"]
    return found


def violations(pod: Object) -> list[str]:
    """What of a pod `restricted` refuses."""
    found = [
        f"{name}: not allowed" for name in ("hostNetwork", "hostPID", "hostIPC") if name in pod
    ]
    for volume in pod.get("volumes", []):
        found += [f"volume {kind}" for kind in volume.keys() - {"name"} - _VOLUMES]
    for one in (*pod.get("initContainers", []), *pod["containers"]):
        found += [f"{one['name']}: {text}" for text in _container(one, pod)]
    return found


def _container(one: Object, pod: Object) -> Iterator[str]:
    own, shared = one.get("securityContext", {}), pod.get("securityContext", {})
    both = {**shared, **own}
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    if own.get("privileged"):
        yield "privileged"
    if own.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "capabilities.drop"
    if set(own.get("capabilities", {}).get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "capabilities.add"
    if both.get("runAsNonRoot") is not True:
        yield "runAsNonRoot"
    if both.get("runAsUser") == 0:
        yield "runAsUser"
    if both.get("seccompProfile", {}).get("type") not in _PROFILES:
        yield "seccompProfile"
    if any("hostPort" in port for port in one.get("ports", [])):
        yield "hostPort"
