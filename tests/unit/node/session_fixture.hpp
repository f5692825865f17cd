#pragma once

#include <gtest/gtest.h>

#include "edge-node/session/session.hpp"
#include "tests/unit/node/federation.hpp"

namespace skerry::node::testing {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::VariantWith;

inline constexpr TimePoint kStart{std::chrono::hours(1)};

MATCHER_P(Says, matcher, "") {
    const auto* send = std::get_if<Send>(&arg);
    return send != nullptr && ::testing::ExplainMatchResult(matcher, send->message, result_listener);
}
template <class Message>
auto says() {
    return Says(VariantWith<Message>(::testing::_));
}
template <class Order>
auto orders() {
    return VariantWith<Order>(::testing::_);
}
template <class Order>
Order the(const Actions& actions) {
    for (const Action& action : actions)
        if (const auto* order = std::get_if<Order>(&action)) return *order;
    ADD_FAILURE() << "no such action";
    return Order{};
}
template <class Message>
Message the_message(const Actions& actions) {
    for (const Action& action : actions)
        if (const auto* send = std::get_if<Send>(&action))
            if (const auto* message = std::get_if<Message>(&send->message)) return *message;
    ADD_FAILURE() << "no such message";
    return Message{};
}

/// A session and the coordinator that it talks to; time passes as the test says.
class SessionTest : public ::testing::Test {
protected:
    Session open(std::uint64_t installed = 0) { return open_from(federation_.joined(installed)); }
    Session open_from(const DurableState& state) {
        auto session = Session::open(federation_.config(), state);
        EXPECT_TRUE(session) << session.error().message;
        return std::move(*session);
    }
    Actions tell(Session& session, const Event& event) { return session.handle(event, now_); }
    template <class Message>
    Actions hear(Session& session, Message message) {
        return tell(session, MessageReceived{std::move(message)});
    }
    Actions wait(Session& session, std::chrono::milliseconds time) {
        now_ += time;
        return tell(session, TimePassed{});
    }
    /// Lets time pass to each deadline until the session does something of this kind.
    template <class Message>
    Message wait_for(Session& session) {
        for (int tries = 0; tries < 100; ++tries) {
            const auto deadline = session.deadline();
            if (!deadline) break;
            now_ = std::max(now_, *deadline);
            for (const Action& action : tell(session, TimePassed{}))
                if (const auto* send = std::get_if<Send>(&action))
                    if (const auto* message = std::get_if<Message>(&send->message)) return *message;
        }
        ADD_FAILURE() << "it was never said";
        return {};
    }
    /// Installed version 1, welcomed, nothing to do.
    Session settled() {
        Session session = open(1);
        tell(session, Connected{});
        hear(session, federation_.welcome(1));
        return session;
    }
    /// As settled, with update 1 in the spool and offered.
    Session offering() {
        Session session = settled();
        tell(session, StepLearned{});
        tell(session, StepLearned{});
        const Actions taken = hear(session, federation_.grant(1));
        update_ = federation_.spooled(the<TakeUpdate>(taken));
        tell(session, UpdateSpooled{update_});
        return session;
    }

    Federation federation_;
    TimePoint now_ = kStart;
    SpooledUpdate update_;
};

}  // namespace skerry::node::testing
