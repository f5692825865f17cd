#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "edge-node/daemon/join.hpp"
#include "edge-node/tools/output.hpp"
#include "edge-node/tools/verbs.hpp"

namespace skerry::node {

namespace {

struct JoinArguments {
    JoinOptions join;
    std::string dir = ".";
    std::string tier = "heavy";
    std::string output = "table";
};

int run_join(JoinArguments& arguments) {
    const auto form = output_form_named(arguments.output);
    if (!form) return print_failure(form.error(), OutputForm::Table);
    const auto tier = tier_named(arguments.tier);
    if (!tier) return print_failure(tier.error(), *form);
    arguments.join.dir = arguments.dir;
    arguments.join.tier = *tier;
    const auto joined = join(arguments.join);
    if (!joined) return print_failure(joined.error(), *form);
    if (*form == OutputForm::Json) {
        const nlohmann::ordered_json data = {{"node", joined->node.to_text()},
                                             {"name", joined->enrolment.name},
                                             {"tier", name_of(joined->tier)},
                                             {"model", joined->model_name},
                                             {"fleet_endpoint", joined->enrolment.fleet_endpoint},
                                             {"joined_before", joined->before}};
        print_data(data.dump());
        return 0;
    }
    std::printf("%s as %s, node %s, tier %s, model %s.\nNext: skerry-node run --dir %s\n",
                joined->before ? "This folder has joined already" : "Joined", joined->enrolment.name.c_str(),
                joined->node.to_text().c_str(), std::string(name_of(joined->tier)).c_str(), joined->model_name.c_str(),
                arguments.dir.c_str());
    return 0;
}

}  // namespace

void add_join(CLI::App& app, int& exit_code) {
    auto arguments = std::make_shared<JoinArguments>();
    CLI::App* verb = app.add_subcommand("join", "Enrol this node with a token from 'skerry token create'");
    verb->add_option("--dir", arguments->dir, "The node's folder; made if it is not there")->required();
    verb->add_option("--token", arguments->join.token, "sk1.…; or in the environment, where no other user can see it")
        ->envname("SKERRY_TOKEN")
        ->required();
    verb->add_option("--name", arguments->join.name, "For people; the host's name if left out");
    verb->add_option("--tier", arguments->tier, "The most of the network to hold: light, medium or heavy");
    verb->add_option("--output", arguments->output, "table or json");
    verb->callback([arguments, &exit_code] { exit_code = run_join(*arguments); });
}

}  // namespace skerry::node
