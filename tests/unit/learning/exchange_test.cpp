#include "edge-node/learner/exchange.hpp"

#include <gtest/gtest.h>

namespace skerry::node {
namespace {

TEST(Exchange, RefusesWorkBeforeAModelAndRequestsLargerThanTheirMemory) {
    Exchange exchange([](const std::function<void()>& piece) { piece(); });
    std::vector<std::byte> memory(4096);
    learner_wire::Request request;
    request.verb = learner_wire::Verb::Forward;
    EXPECT_FALSE(exchange.answer(request, memory).ok);
    request.verb = learner_wire::Verb::Load;
    request.counts.text = 5000;
    EXPECT_FALSE(exchange.answer(request, memory).ok);
    request.counts.text = 10;
    EXPECT_FALSE(exchange.answer(request, memory).ok) << "took zeros for a model";
}

}  // namespace
}  // namespace skerry::node
