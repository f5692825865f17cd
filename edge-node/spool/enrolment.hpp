#pragma once

#include <string>

#include "common/crypto/sign.hpp"
#include "common/wire/messages.hpp"

namespace skerry::node {

/// What joining leaves behind, all public; the private keys lie in files of their own.
struct Enrolment {
    crypto::VerifyKey root;  ///< what the token pinned
    std::string name;
    std::string model;           ///< canonical text of the declared model
    std::string fleet_endpoint;  ///< where to connect
    wire::SignedBytes keys;
    wire::SignedBytes certificate;
};

}  // namespace skerry::node
