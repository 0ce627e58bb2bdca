"""Recipes for clusters are sound, and open nothing that they need not."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from .documents import ROOT

RECIPES = ROOT / "examples" / "cluster"
SLURM = (RECIPES / "slurm.sh").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def manifests():
    text = (RECIPES / "kuberay.yaml").read_text(encoding="utf-8")
    return {manifest["kind"]: manifest for manifest in yaml.safe_load_all(text)}


def test_the_script_for_slurm_is_one_that_a_shell_reads():
    subprocess.run(["sh", "-n", RECIPES / "slurm.sh"], check=True)


def test_on_slurm_there_is_no_dashboard_and_who_connects_needs_the_token():
    starts = [line for line in SLURM.replace("\\\n", " ").splitlines() if "ray start" in line]
    assert len(starts) == 2
    assert all("--include-dashboard=false" in start for start in starts if "--head" in start)
    assert "RAY_AUTH_MODE=token" in SLURM
    assert "RAY_USAGE_STATS_ENABLED=0" in SLURM
    assert "set -eu" in SLURM


def test_on_kubernetes_the_dashboard_listens_on_loopback(manifests):
    head = manifests["RayCluster"]["spec"]["headGroupSpec"]
    assert head["rayStartParams"]["dashboard-host"] == "127.0.0.1"


def test_on_kubernetes_only_the_cluster_s_own_pods_reach_its_ports(manifests):
    labels = {"ray.io/cluster": manifests["RayCluster"]["metadata"]["name"]}
    policy = manifests["NetworkPolicy"]["spec"]
    assert policy["podSelector"]["matchLabels"] == labels
    assert policy["policyTypes"] == ["Ingress"]
    assert policy["ingress"] == [{"from": [{"podSelector": {"matchLabels": labels}}]}]


def test_all_nodes_have_one_image_and_report_nothing(manifests):
    spec = manifests["RayCluster"]["spec"]
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    containers = [each for group in groups for each in group["template"]["spec"]["containers"]]
    assert len({container["image"] for container in containers}) == 1
    assert all({"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in each["env"] for each in containers)


def test_the_store_outlives_the_head(manifests):
    (volume,) = manifests["RayCluster"]["spec"]["headGroupSpec"]["template"]["spec"]["volumes"]
    claim = volume["persistentVolumeClaim"]["claimName"]
    assert claim == manifests["PersistentVolumeClaim"]["metadata"]["name"]
