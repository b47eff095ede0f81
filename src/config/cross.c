/* cross: see cross.h. */
#include "config/cross.h"

static const struct node *find_group(const struct node *root)
{
	const struct node *from = tree_find(root, "from");
	const struct node *group =
		from && from->kind == NODE_MAPPING ? tree_find(from, "group") : NULL;

	return group ? group : from ? from : root;
}

static void check_pair(struct build *build, const struct pipeline *earlier,
		       const struct pipeline *later, const struct node *root)
{
	const struct node *group = find_group(root);

	if (*later->name && strcmp(earlier->name, later->name) == 0)
		problems_error(build->problems, tree_find(root, "pipeline"), NULL,
			       "\"%s\" is the name of the pipeline in %s already: choose another",
			       later->name, earlier->file);
	/* Two consumers with different steps would share the partitions among them. */
	else if (*later->group && strcmp(earlier->group, later->group) == 0)
		problems_error(
			build->problems, group, group->kind == NODE_MAPPING ? "group" : NULL,
			"\"%s\" is the group of pipeline %s in %s already: each pipeline needs one "
			"of its own",
			later->group, earlier->name, earlier->file);
}

void cross_check(struct build *build, const struct config *config, const struct node *const *roots)
{
	for (size_t later = 1; later < config->pipeline_count; later++)
		for (size_t earlier = 0; earlier < later; earlier++)
			check_pair(build, &config->pipelines[earlier].pipeline,
				   &config->pipelines[later].pipeline, roots[later]);
}
