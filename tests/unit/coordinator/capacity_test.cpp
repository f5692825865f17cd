#include "coordinator/service/capacity.hpp"

#include <gtest/gtest.h>

#include "common/transport/router.hpp"

namespace skerry::coordinator {
namespace {

TEST(Capacity, LeavesTheStoresTheirDescriptorsHoweverManyPeersCome) {
    for (const std::size_t descriptors : {256U, 1024U, 4096U, 20'000U, 65'536U, 1U << 20U}) {
        const Capacity capacity = capacity_of(descriptors);
        const std::size_t peers = capacity.fleet + transport::backlog_of(capacity.fleet) + capacity.enrol +
                                  transport::backlog_of(capacity.enrol);
        EXPECT_LE(peers + std::min<std::size_t>(1024, descriptors / 4), descriptors) << descriptors;
        EXPECT_GT(capacity.fleet, descriptors / 2 < 65'536 ? descriptors / 2 : 65'535) << descriptors;
    }
}

}  // namespace
}  // namespace skerry::coordinator
