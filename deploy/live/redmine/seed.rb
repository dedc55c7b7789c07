# The API user, with the rights the desk's README tells to give; projects; custom fields. Prints his key and the admin's.
Setting.rest_api_enabled = '1'
Setting.default_language = 'en'
Setting.attachment_max_size = '20480'
Setting.cross_project_issue_relations = '1'
Setting.mail_from = 'redmine@live.test'

admin = User.find_by!(login: 'admin')
admin.update!(password: ENV.fetch('ADMIN_PASSWORD'), must_change_passwd: false)
sync = User.new(firstname: 'Sync', lastname: 'Bot', mail: 'sync@live.test', language: 'en')
sync.login = 'sync'
sync.password = ENV.fetch('ADMIN_PASSWORD')
sync.mail_notification = 'none'
sync.save!

role = Role.create!(
  name: 'Sync', assignable: true, issues_visibility: 'all', time_entries_visibility: 'all',
  permissions: %i[
    view_issues add_issues edit_issues delete_issues manage_issue_relations manage_subtasks
    add_issue_notes edit_issue_notes view_private_notes set_notes_private set_issues_private
    view_issue_watchers add_issue_watchers delete_issue_watchers manage_categories
    view_time_entries log_time
  ]
)
statuses = [0, *IssueStatus.pluck(:id)]
Tracker.all.each do |tracker|
  statuses.product(statuses - [0]).each do |from, to|
    WorkflowTransition.create!(role: role, tracker: tracker, old_status_id: from, new_status_id: to) unless from == to
  end
end
{ 'general' => 'General', 'support-desk' => 'Support desk' }.each do |identifier, name|
  project = Project.create!(
    name: name, identifier: identifier, is_public: false, trackers: Tracker.all.to_a,
    enabled_module_names: %w[issue_tracking time_tracking]
  )
  [sync, admin].each { |user| Member.create!(project: project, principal: user, roles: [role]) }
end
[
  { name: 'External ID', field_format: 'string', searchable: true },
  { name: 'Requester email', field_format: 'string' },
  { name: 'Severity', field_format: 'list', possible_values: %w[low normal high] },
  { name: 'Tags', field_format: 'list', multiple: true, possible_values: %w[red green blue] },
  { name: 'Due on', field_format: 'date' }
].each do |field|
  IssueCustomField.create!(field.merge(is_filter: true, is_for_all: true, visible: true, trackers: Tracker.all.to_a))
end

puts sync.api_key, admin.api_key
