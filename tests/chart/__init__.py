"""The Helm chart: what generates parts of it, and its tests.

The directory `rendered` needs helm and the Kubernetes schemas, and is run by `make chart`.
"""
