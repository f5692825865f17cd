#include <algorithm>

#include <nlohmann/json.hpp>

#include "coordinator/admin/admin_api.hpp"
#include "coordinator/admin/envelope.hpp"
#include "coordinator/admin/query.hpp"

// What checks and lists the journal.
namespace skerry::coordinator {
namespace {

using nlohmann::json;

constexpr std::size_t kEntriesMax = 10'000;

json findings_view(const Findings& found) {
    return {{"entries", found.entries},     {"head", to_hex(found.head)},  {"updates", found.updates},
            {"versions", found.versions},   {"blobs", found.blobs},        {"clean", found.clean()},
            {"problems", found.problems},   {"more_problems", found.more}, {"notes", found.notes},
            {"strays", found.strays.size()}};
}

json proof_view(const JournalProof& proof) {
    json to = {{"entries", proof.chain.entries},
               {"head", to_hex(proof.chain.head)},
               {"whole", proof.chain.whole()},
               {"problem", proof.chain.problem.empty() ? json(nullptr) : json(proof.chain.problem)},
               {"noted", proof.noted ? json(proof.noted->to_text()) : json(nullptr)},
               {"agrees", proof.noted ? json(proof.difference.empty()) : json(nullptr)},
               {"difference", proof.difference.empty() ? json(nullptr) : json(proof.difference)}};
    return to;
}

json entry_view(const ledger::EntryRow& row) {
    return {{"entry", row.entry},
            {"at", to_text(row.at)},
            {"kind", row.kind},
            {"node", row.node ? json(row.node->to_text()) : json(nullptr)},
            {"name", row.node ? json(row.name) : json(nullptr)},
            {"round", row.round ? json(row.round->value) : json(nullptr)},
            {"version", row.version ? json(row.version->value) : json(nullptr)},
            {"text", row.text}};
}

Result<std::string> kind_of(const http::Request& request) {
    std::string kind = query_text(request, "kind");
    const auto kinds = ledger::names_of_events();
    if (kind.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) return kind;
    std::string known;
    for (const std::string_view name : kinds)
        known.append(known.empty() ? "" : ", ").append(name);
    return fail(ErrorCode::InvalidInput, "'" + kind + "' is no kind of entry: they are " + known);
}

}  // namespace

void AdminApi::fsck(const http::Respond& respond) {
    host_.fsck([respond](const Result<Findings>& found) {
        if (!failed(respond, found)) succeed(respond, findings_view(*found));
    });
}

void AdminApi::prove_journal(const http::Request& request, const http::Respond& respond) {
    const auto noted = [&]() -> Result<std::optional<ledger::NotedHead>> {
        const json body = SKERRY_TRY(body_of(request));
        const auto head = body.find("head");
        if (head == body.end() || head->is_null()) return std::nullopt;
        if (!head->is_string()) return fail(ErrorCode::InvalidInput, "'head' must be a text, NUMBER:HASH");
        return SKERRY_TRY(ledger::NotedHead::parse(head->get_ref<const std::string&>()));
    }();
    if (failed(respond, noted)) return;
    host_.prove_journal(*noted, [respond](const Result<JournalProof>& proof) {
        if (!failed(respond, proof)) succeed(respond, proof_view(*proof));
    });
}

void AdminApi::list_entries(const http::Request& request, const http::Respond& respond) const {
    const auto limit = limit_of(request);
    if (failed(respond, limit)) return;
    const auto filter = [&]() -> Result<ledger::EntryFilter> {
        ledger::EntryFilter asked;
        asked.kind = SKERRY_TRY(kind_of(request));
        if (const std::string name = query_text(request, "node"); !name.empty()) {
            asked.node = SKERRY_TRY(find_node(name))->id;
        }
        if (const std::string round = query_text(request, "round"); !round.empty()) {
            asked.round = RoundId{SKERRY_TRY(number_from(round, "round"))};
        }
        asked.since = SKERRY_TRY(since_of(request));
        return asked;
    }();
    if (failed(respond, filter)) return;
    host_.list_entries(*filter, std::min(*limit, kEntriesMax),
                       [respond](const Result<std::vector<ledger::EntryRow>>& rows) {
                           if (failed(respond, rows)) return;
                           json all = json::array();
                           for (const ledger::EntryRow& row : *rows)
                               all.push_back(entry_view(row));
                           succeed(respond, std::move(all));
                       });
}

}  // namespace skerry::coordinator
