"""Losses: one a file, each an ``nn.Module`` over plain tensors."""

from core.models.losses.bpr import BPRLoss
from core.models.losses.correspondence import CorrespondenceLoss
from core.models.losses.independence import IndependenceLoss
from core.models.losses.info_nce import InfoNCELoss
from core.models.losses.partition import NodeContrastLoss, log_partition
from core.models.losses.sampled_softmax import SampledSoftmaxLoss

__all__ = ["BPRLoss", "CorrespondenceLoss", "IndependenceLoss", "InfoNCELoss", "NodeContrastLoss", "SampledSoftmaxLoss", "log_partition"]
