#include "edge-node/serving/executors/tournament_file.hpp"

#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

namespace skerry::node {
namespace {

using Json = nlohmann::json;

constexpr std::streamsize kBytesMax = 65'536;

bool plausible(const Tournament& tournament, std::span<const Candidate> candidates, Tier held) {
    if (tournament.standings.size() != candidates.size()) return false;
    for (std::size_t place = 0; place < candidates.size(); ++place) {
        const Standing& standing = tournament.standings[place];
        if (standing.name != candidates[place].name) return false;
        for (const auto& unit : standing.microseconds) {
            for (const double time : unit)
                if (!std::isfinite(time) || time < 0) return false;
        }
    }
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
        for (const std::size_t place : tournament.lineup[unit]) {
            if (place >= candidates.size() || !tournament.standings[place].excluded.empty()) return false;
            if (unit >= units_held(held) && place != 0) return false;
        }
    }
    return true;
}

}  // namespace

Result<> save_tournament(const std::filesystem::path& path, std::string_view key, const Tournament& tournament) {
    Json standings = Json::array();
    for (const Standing& standing : tournament.standings) {
        standings.push_back(
            {{"name", standing.name}, {"excluded", standing.excluded}, {"microseconds", standing.microseconds}});
    }
    const Json json = {{"key", key}, {"standings", standings}, {"lineup", tournament.lineup}};
    const std::filesystem::path part = path.string() + ".part";
    {
        std::ofstream file(part, std::ios::binary | std::ios::trunc);
        file << json.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
        file.close();
        if (!file) return fail(ErrorCode::Unavailable, "writing " + part.string() + " failed: is the disk full?");
    }
    std::error_code failure;
    std::filesystem::rename(part, path, failure);
    if (failure) return fail(ErrorCode::Unavailable, "writing " + path.string() + " failed: " + failure.message());
    return {};
}

std::optional<Tournament> load_tournament(const std::filesystem::path& path, std::string_view key,
                                          std::span<const Candidate> candidates, Tier held) try {
    std::ifstream file(path, std::ios::binary);
    std::string text(kBytesMax, '\0');
    file.read(text.data(), kBytesMax);
    text.resize(static_cast<std::size_t>(file.gcount()));
    const Json json = Json::parse(text);
    if (json.at("key").get<std::string>() != key) return std::nullopt;
    Tournament tournament;
    for (const Json& standing : json.at("standings")) {
        tournament.standings.push_back({standing.at("name").get<std::string>(),
                                        standing.at("excluded").get<std::string>(),
                                        standing.at("microseconds").get<decltype(Standing::microseconds)>()});
    }
    tournament.lineup = json.at("lineup").get<Lineup>();
    if (!plausible(tournament, candidates, held)) return std::nullopt;
    return tournament;
} catch (const Json::exception&) {
    return std::nullopt;
}

}  // namespace skerry::node
