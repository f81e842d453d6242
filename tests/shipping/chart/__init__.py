"""The tests of the Helm chart.

The directory `rendered` needs helm and the Kubernetes schemas, and is run by `make chart`.
"""
