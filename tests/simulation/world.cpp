#include "tests/simulation/world.hpp"

#include <cstdio>

namespace skerry::simulation {
namespace {

// Any date will do that is none of the clocks' special ones.
constexpr TimePoint kStart{std::chrono::hours(24 * 365 * 50)};

}  // namespace

Counters& Counters::operator+=(const Counters& more) {
    for (std::uint64_t Counters::*count :
         {&Counters::steps,      &Counters::messages,    &Counters::lost,        &Counters::crashes,
          &Counters::rounds,     &Counters::versions,    &Counters::accepted,    &Counters::refused,
          &Counters::alarms,     &Counters::early,       &Counters::quarantines, &Counters::outliers,
          &Counters::opponents,  &Counters::struck,      &Counters::held,        &Counters::rollbacks,
          &Counters::trials,     &Counters::withdrawn,   &Counters::drafts,      &Counters::disk_faults,
          &Counters::power_cuts, &Counters::differences, &Counters::unreadable,  &Counters::resumed,
          &Counters::joined}) {
        this->*count += more.*count;
    }
    return *this;
}

World::World(const Plan& by) : plan(by), dice(by.seed), conditions(draw(by, dice)), time(kStart) {
    if (plan.print) std::printf("%s\n", to_text(conditions).c_str());
}

void World::note(std::string_view who, std::string_view what, std::uint64_t number, std::uint64_t more) {
    // FNV-1a.
    const auto mix = [this](const void* bytes, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            trace_ = (trace_ ^ static_cast<const unsigned char*>(bytes)[i]) * 0x100000001b3U;
        }
    };
    const auto now = time.now().time_since_epoch().count();
    mix(&now, sizeof now);
    mix(who.data(), who.size());
    mix(what.data(), what.size());
    mix(&number, sizeof number);
    mix(&more, sizeof more);
    if (plan.print) {
        std::printf("%10.3f %-11.*s %.*s %llu %llu\n", static_cast<double>((time.now() - kStart).count()) / 1000.0,
                    static_cast<int>(who.size()), who.data(), static_cast<int>(what.size()), what.data(),
                    static_cast<unsigned long long>(number), static_cast<unsigned long long>(more));
    }
}

void World::broken(std::string_view law, std::string what) {
    if (!violation_) violation_ = Violation{std::string(law), std::move(what), time.now()};
}

}  // namespace skerry::simulation
