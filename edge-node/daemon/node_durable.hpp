#pragma once

#include "edge-node/daemon/node.hpp"

namespace skerry::node {

/// What a node reads back when it starts. For the .cpp files of Node.
struct Node::Durable {
    DirectoryLock lock;
    NodeKeys keys;
    Spool spool;
    Enrolment enrolment;
    wire::Certificate certificate;
    std::shared_ptr<const Model> model;
    Digest model_identity{};
    std::unique_ptr<feedback::LabelStore> labels;
    feedback::PendingRing ring;
    ArrivingFile arriving;
};

inline constexpr const char* kSoftware = "skerry-node " SKERRY_VERSION;

}  // namespace skerry::node
