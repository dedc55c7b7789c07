# A second queue and dynamic fields of each kind; and no ticket that says welcome.
use strict;
use warnings;
use lib '.', 'Kernel/cpan-lib', 'Custom';
use Kernel::System::ObjectManager;
local $Kernel::OM = Kernel::System::ObjectManager->new('Kernel::System::Log' => { LogPrefix => 'seed' });

my $order  = 100;
my @fields = (
    [ 'ExternalID', 'Text',        { DefaultValue => '' } ],
    [ 'Severity',   'Dropdown',    { PossibleNone => 1, PossibleValues => { map { $_ => $_ } qw(low normal high) } } ],
    [ 'Tags',       'Multiselect', { PossibleNone => 1, PossibleValues => { map { $_ => $_ } qw(red green blue) } } ],
    [ 'DueOn',      'DateTime',    { DefaultValue => 0 } ],
);
for my $field (@fields) {
    my ($name, $type, $config) = @{$field};
    $Kernel::OM->Get('Kernel::System::DynamicField')->DynamicFieldAdd(
        Name => $name, Label => $name, FieldOrder => $order++, FieldType => $type, ObjectType => 'Ticket',
        Config => $config, ValidID => 1, UserID => 1, Reorder => 0,
    ) or die "the field $name was not made\n";
}
$Kernel::OM->Get('Kernel::System::Queue')->QueueAdd(
    Name => 'Support', ValidID => 1, GroupID => 1, SystemAddressID => 1, SalutationID => 1, SignatureID => 1,
    FollowUpID => 1, UnlockTimeout => 0, UserID => 1,
) or die "the queue was not made\n";
$Kernel::OM->Get('Kernel::System::Ticket')->TicketDelete( TicketID => 1, UserID => 1 )
    or die "the ticket that says welcome was not deleted\n";
