#include "common/transport/route_table.hpp"

#include <gtest/gtest.h>

namespace skerry::transport {
namespace {

CurvePublicKey key(int number) {
    return {{static_cast<std::byte>(number)}};
}
Bytes id(std::string_view text) {
    return copy_of(bytes_of(text));
}

TEST(RouteTable, LeadsToTheNewestConnection) {
    RouteTable routes(10);
    const auto first = routes.heard_from(key(1), id("a"));
    const auto second = routes.heard_from(key(1), id("b"));
    EXPECT_NE(first, second);
    EXPECT_EQ(*routes.route_to(key(1)), id("b"));
    EXPECT_EQ(routes.route_to(key(2)), nullptr);
}

TEST(RouteTable, WhatAnOldConnectionStillHadUnderWayTakesNoAnswerAway) {
    RouteTable routes(10);
    const auto first = routes.heard_from(key(1), id("a"));
    const auto second = routes.heard_from(key(1), id("b"));
    EXPECT_EQ(routes.heard_from(key(1), id("a")), first);
    EXPECT_EQ(*routes.route_to(key(1)), id("b"));
    EXPECT_EQ(routes.heard_from(key(1), id("b")), second);
}

TEST(RouteTable, AnOldConnectionTakesOverWhenTheNewestIsGone) {
    RouteTable routes(10);
    routes.heard_from(key(1), id("a"));
    routes.heard_from(key(1), id("b"));
    routes.forget(key(1));
    EXPECT_EQ(routes.route_to(key(1)), nullptr);
    routes.heard_from(key(1), id("a"));
    EXPECT_EQ(*routes.route_to(key(1)), id("a"));
}

TEST(RouteTable, ForgetsTheLongestSilentKeyWhenFull) {
    RouteTable routes(2);
    routes.heard_from(key(1), id("a"));
    routes.heard_from(key(2), id("b"));
    routes.heard_from(key(1), id("a"));
    routes.heard_from(key(3), id("c"));
    EXPECT_NE(routes.route_to(key(1)), nullptr);
    EXPECT_EQ(routes.route_to(key(2)), nullptr);
    EXPECT_NE(routes.route_to(key(3)), nullptr);
    EXPECT_EQ(routes.size(), 2U);
}

TEST(RouteTable, RemembersOnlyAFewOldConnections) {
    RouteTable routes(2);
    for (int i = 0; i < 1000; ++i)
        routes.heard_from(key(1), id(std::to_string(i)));
    EXPECT_EQ(*routes.route_to(key(1)), id("999"));
    EXPECT_EQ(routes.size(), 1U);
}

}  // namespace
}  // namespace skerry::transport
