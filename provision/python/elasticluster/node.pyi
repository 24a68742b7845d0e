from muster.node import Node as Node
