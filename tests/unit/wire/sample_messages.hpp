#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "common/base/limits.hpp"
#include "common/wire/codec.hpp"
#include "tests/support/sample_soft_labels.hpp"

namespace skerry::wire {

/// Makes valid messages whose fields are all over their ranges, ends included. The same seed, the same messages.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
    template <class Number>
    Number number() {
        switch (below(4)) {
            case 0:
                return 0;
            case 1:
                return std::numeric_limits<Number>::max();
            default:
                return static_cast<Number>(engine_());
        }
    }
    Bytes bytes(std::size_t size) {
        Bytes made(size);
        for (std::byte& byte : made)
            byte = static_cast<std::byte>(engine_());
        return made;
    }
    template <std::size_t N>
    ByteArray<N> array() {
        return *exactly<N>(bytes(N), "sample");
    }
    std::string text(std::size_t bytes_min = 0, std::size_t bytes_max = limits::kTextMax) {
        static constexpr std::array<std::string_view, 6> kPieces = {"a", "7", " ", "é", "岩", "🪨"};
        const std::size_t goal = bytes_min + below(bytes_max - bytes_min + 1);
        std::string made;
        while (made.size() < goal) {
            const std::string_view piece = kPieces.at(below(kPieces.size()));
            made += made.size() + piece.size() <= bytes_max ? piece : "x";
        }
        return made;
    }
    Tier tier() { return static_cast<Tier>(below(kTiers)); }
    SignedBytes record() { return {bytes(1 + below(kSignedBodyBytesMax)), array<64>()}; }
    std::uint32_t chunk() { return static_cast<std::uint32_t>(below(kTransferChunksMax)); }
    std::uint32_t count() { return static_cast<std::uint32_t>(1 + below(limits::kChunkCredit)); }
    Bytes payload() { return bytes(below(8) == 0 ? limits::kChunkBytes : 1 + below(5000)); }
    double share() { return static_cast<double>(below(1001)) / 1000.0; }
    TimePoint time() {
        return kTimeMin +
               std::chrono::milliseconds(below(static_cast<std::uint64_t>(kTimeMax.time_since_epoch().count()) + 1));
    }

    FromNode from_node(std::size_t kind) {
        switch (kind) {
            case 0:
                return Hello{number<std::uint32_t>(),   array<32>(), {number<std::uint64_t>()},
                             {number<std::uint64_t>()}, time(),      text()};
            case 1:
                return LeaseRequest{{number<std::uint64_t>()}, tier()};
            case 2:
                return UpdateOffer{record(), bytes(kUpdateHeaderBytes), number<std::uint64_t>(), array<32>(),
                                   array<64>()};
            case 3:
                return UpdateChunk{{number<std::uint64_t>()}, chunk(), payload()};
            case 4:
                return ModelPull{{number<std::uint64_t>()}, tier(), chunk(), count(), encoding(), base()};
            case 5:
                return Report{{number<std::uint64_t>()},
                              number<std::uint64_t>(),
                              number<std::uint64_t>(),
                              number<std::uint64_t>(),
                              number<std::uint64_t>(),
                              share(),
                              {number<std::uint64_t>(), number<std::uint64_t>(), number<std::uint64_t>()},
                              {number<std::uint32_t>(), number<std::uint32_t>(), number<std::uint32_t>()},
                              share() * 10,
                              text(),
                              alarms()};
            default:
                return Goodbye{};
        }
    }

    DeltaPolicy delta_policy() {
        const auto encoding = static_cast<DeltaEncoding>(below(4));
        const bool top = encoding == DeltaEncoding::Top;
        return {encoding, top ? static_cast<std::uint32_t>(1 + below(kTopMax)) : 0};
    }
    FromCoordinator from_coordinator(std::size_t kind) {
        switch (kind) {
            case 0:
                return Welcome{record(),
                               below(2) == 0 ? SignedBytes{} : record(),
                               {number<std::uint64_t>()},
                               number<std::uint32_t>(),
                               announcement(),
                               delta_policy()};
            case 1:
                return announcement();
            case 2:
                return LeaseGrant{record()};
            case 3:
                return LeaseDenied{static_cast<LeaseDenied::Reason>(below(3)),
                                   std::chrono::milliseconds(number<std::uint32_t>()), text()};
            case 4:
                return PullUpdate{{number<std::uint64_t>()}, chunk(), count()};
            case 5:
                return Receipt{{number<std::uint64_t>()}, record()};
            case 6:
                return Refusal{{number<std::uint64_t>()}, static_cast<RefusalCode>(below(12)), text()};
            case 7:
                return ModelChunk{{number<std::uint64_t>()}, tier(), chunk(), payload(), encoding(), base()};
            default:
                return Denied{static_cast<Denied::Reason>(below(5)), text()};
        }
    }

    SoftLabels soft_labels() {
        std::vector<std::uint32_t> rows(2 + below(SoftLabels::kClassesMax - 1));
        for (std::uint32_t& count : rows)
            count = number<std::uint32_t>();
        rows.front() = std::max(1U, rows.front());
        return sample_soft_labels(std::move(rows), static_cast<std::uint16_t>(below(65'536)));
    }

    AuditCounts audit_counts() {
        AuditCounts counts{static_cast<std::uint32_t>(1 + below(~0U)), {}};
        for (std::size_t i = 0; i < AuditCounts::kExits * AuditCounts::kBins; ++i) {
            const auto requests = std::max(1U, number<std::uint32_t>());
            counts.bins.push_back({requests,
                                   {static_cast<std::uint32_t>(below(std::uint64_t{requests} + 1)),
                                    static_cast<std::uint32_t>(below(std::uint64_t{requests} + 1))}});
        }
        return counts;
    }

    std::vector<DriftAlarm> alarms() {
        std::vector<DriftAlarm> made(below(kReportedAlarmsMax + 1));
        std::uint64_t number = below(kAlarmNumberMax - 100);
        for (DriftAlarm& alarm : made) {
            alarm.number = number += 1 + below(10);
            alarm.at = time();
            if (below(2) == 0) alarm.label_class = static_cast<std::uint32_t>(below(limits::kClassesMax));
            alarm.detector = static_cast<DriftDetector>(below(kDriftDetectors));
            alarm.before = share();
            alarm.after = share();
            alarm.trigger = this->number<std::uint64_t>();
            alarm.global = {this->number<std::uint64_t>()};
            alarm.local = this->number<std::uint64_t>();
        }
        return made;
    }

    ModelVersion base() { return {below(2) == 0 ? 0 : number<std::uint64_t>()}; }
    WeightEncoding encoding() { return static_cast<WeightEncoding>(below(kWeightEncodings)); }

    Announcement announcement() {
        Announcement made{record(), {number<std::uint64_t>()}, below(2) == 0 ? AuditCounts{} : audit_counts(), {}};
        for (std::uint64_t left = below(kEncodingsMax + 1); left > 0; --left)
            made.encodings.push_back(record());
        for (std::uint64_t left = below(kEncodingsMax + 1); left > 0; --left)
            made.differences.push_back(record());
        made.alarms_known = below(kAlarmNumberMax + 1);
        if (below(2) == 0) made.soft_labels = soft_labels();
        if (below(2) == 0) made.drift = {std::chrono::milliseconds(below(86'400'001)), below(2) == 0};
        return made;
    }

    JoinRequest join_request() {
        return {{array<6>()}, array<32>(), array<32>(), text(1, kNodeNameBytesMax),
                tier(),       array<32>(), array<32>(), array<64>()};
    }

    JoinReply join_reply() {
        return {below(2) == 0, text(),     array<32>(), record(), record(), text(0, limits::kModelTextBytesMax),
                text(),        array<32>()};
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace skerry::wire
